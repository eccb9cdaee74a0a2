"""How far confidence can be believed, before and after scaling."""
