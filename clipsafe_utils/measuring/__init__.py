"""What was said of images, and what it comes to in every draw: from logits to the variables of cubes."""
