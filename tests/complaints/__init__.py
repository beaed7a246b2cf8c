"""Complaints and suggestions."""
