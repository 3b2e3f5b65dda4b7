"""Measuring: reports that are invented, an endpoint that answers about them, and jobs that are timed against it."""
