"""Descriptions of a publication in open standards, beside its manifest; Farol reads none."""
