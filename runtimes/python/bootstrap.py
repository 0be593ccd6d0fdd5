"""Starts the Python runtime (see pilotlight_runtime): the program that the sandbox runs."""

from pilotlight_runtime import server

server.serve()
