"""What the pages of the laboratory show: figures and tables, as in `clipsafe_utils.chapters`."""
