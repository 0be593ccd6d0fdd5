"""Starts the Python runtime (see pilotlight_runtime): the program that the sandbox runs."""

import os
import sys

from pilotlight_runtime import server

# The first entry is this folder, which is not the customer's to import from.
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
server.serve(os.environ["_HANDLER"])
