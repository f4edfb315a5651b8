"""Data sets of small images: two bundled, two downloaded when asked for, and your own files."""

from helpers.data.datasets import ImageDataset, check_images, load_dataset, load_pair
from helpers.data.readers import dataset_files
