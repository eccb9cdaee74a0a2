"""Chapter 4, *Calibration and temperature scaling*."""
