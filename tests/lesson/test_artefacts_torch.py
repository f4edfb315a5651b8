"""A file that is damaged, or of another encoder, does nothing to a PyTorch encoder."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from helpers.lesson import load_encoder, save_encoder


def weights_equal(first, second):
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def test_an_encoder_with_a_flipped_bit_is_refused_or_unharmed(tmp_path):
    saved, path = nn.Linear(20, 30), tmp_path / "small.pt"
    save_encoder(saved, path)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    refused = 0
    for place in np.random.default_rng(0).choice(len(content), 400, replace=False):
        spoiled = content.copy()
        spoiled[place] ^= 1 << place % 8
        path.write_bytes(spoiled)
        again = nn.Linear(20, 30)
        try:
            load_encoder(again, path)
        except ValueError as error:
            refused += 1
            assert re.search("is not a saved PyTorch encoder: delete it|was saved as", str(error))
        else:
            assert weights_equal(again, saved)
    assert refused > 250


def test_an_encoder_is_not_taken_for_one_of_other_data_or_settings(tmp_path):
    path = tmp_path / "dots_mine-1a2b3c4d_seed-0.pt"
    save_encoder(nn.Linear(3, 4), path)
    renamed = path.rename(tmp_path / "dots_mine-5e6f7a8b_seed-0.pt")
    encoder = nn.Linear(3, 4)
    before = encoder.weight.clone()
    with pytest.raises(ValueError, match=f"was saved as '{path.name}', so from other data or with"):
        load_encoder(encoder, renamed)
    assert torch.equal(encoder.weight, before)


def test_an_encoder_is_left_as_it_was_by_another_that_it_shares_layers_with(tmp_path):
    path = tmp_path / "encoder.pt"
    save_encoder(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5)), path)
    encoder = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 6))
    before = [weights.clone() for weights in encoder.parameters()]
    with pytest.raises(ValueError, match="holds the weights of another architecture"):
        load_encoder(encoder, path)
    assert all(map(torch.equal, encoder.parameters(), before))
