"""Carries bytes: resolve, dial, listen, secure, observe and admit. Knows no tool by name."""
