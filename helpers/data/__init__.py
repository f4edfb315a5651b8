"""Data sets of small images: three bundled, two downloaded when asked for, and your own files."""

from helpers.data.datasets import (
    ImageDataset,
    check_images,
    dataset_files,
    load_dataset,
    load_pair,
)
from helpers.data.drawings import Drawings, load_drawings
from helpers.data.example_folder import write_example_folder
from helpers.data.folders import PictureFolder, read_folder, whole_picture
