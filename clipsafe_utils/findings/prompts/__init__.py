"""What other prompts change."""
