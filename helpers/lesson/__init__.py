"""What a notebook stands on: seeds, results, files, what lessons hand on, what learners answer."""

from helpers.lesson.artefacts import (
    CONVOLUTIONAL_LAYER,
    LAST_LAYER,
    LAYERS,
    TRAINING_IMAGES,
    encoder_path,
    load_encoder,
    save_encoder,
)
from helpers.lesson.environment import environment_report, prepare_keras, prepare_torch, threads
from helpers.lesson.exercises import exercise
from helpers.lesson.files import DATA_FOLDER, NOTEBOOKS_FOLDER, build_folder, written_whole
from helpers.lesson.limits import check_at_least
from helpers.lesson.pages import write_page
from helpers.lesson.predictions import predict, prediction_record, reveal
from helpers.lesson.progress import progress_bar
from helpers.lesson.questions import question
from helpers.lesson.results import conclude, record
