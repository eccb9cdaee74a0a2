"""What the pages of the laboratory found: one result a page, as in `clipsafe_utils.findings`."""
