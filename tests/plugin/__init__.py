"""Tests of the pytest plugin, on projects of their own."""
