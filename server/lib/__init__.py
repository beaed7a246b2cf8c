"""Tools without a word of property management in them."""
