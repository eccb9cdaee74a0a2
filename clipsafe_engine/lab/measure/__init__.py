"""The study `miniature`: what the sets of the laboratory are, and which cube each feeds."""
