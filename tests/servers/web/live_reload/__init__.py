"""Tests of pages that reload themselves."""
