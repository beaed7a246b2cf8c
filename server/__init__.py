"""Neiye 内业: the property office in every pocket. Each folder is a noun of the office or a thing the nouns stand on."""

__version__ = "0.4.1"
