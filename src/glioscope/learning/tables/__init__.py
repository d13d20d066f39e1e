"""Predictors learned from tables of features, clinic and markers."""
