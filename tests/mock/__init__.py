"""Tests of the endpoint that benchmarks ask."""
