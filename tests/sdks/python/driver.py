"""Runs the program of the working directory by the Automation API, as tests/sdks/programs.ts asks for it line by line.

The stack is `dev`, of the project whose Pulumi.yaml lies there. Each request is one line of JSON, and so is its response.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from pulumi import automation as auto


def program() -> None:
    runpy.run_path("__main__.py", run_name="__main__")


def carry_out(stack: auto.Stack, request: dict[str, Any], response: dict[str, Any]) -> None:
    shown: list[str] = []

    def count(event: auto.EngineEvent) -> None:
        if event.summary_event:
            response["changes"] = event.summary_event.resource_changes

    options: dict[str, Any] = {"on_output": shown.append, "on_error": shown.append, "on_event": count}
    try:
        if request["verb"] == "preview":
            stack.preview(refresh=True, **options)
        else:
            {"up": stack.up, "destroy": stack.destroy}[request["verb"]](**options)
    except Exception as error:  # pylint: disable=broad-except
        response["error"] = str(error)
    response["output"] = "\n".join(shown)


def main() -> None:
    # What a program prints is not to be taken for a response.
    responses = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    project = Path.cwd().joinpath("Pulumi.yaml").read_text("utf8").splitlines()[0].removeprefix("name: ")
    options = auto.LocalWorkspaceOptions(work_dir=".")
    stack = auto.create_or_select_stack("dev", project_name=project, program=program, opts=options)
    # After each operation the Automation API asks the CLI for outputs, twice, and for the stack's history, which takes as much time as
    # the operation. programs.ts reads the outputs from the state, and an event has the number of changes.
    setattr(stack, "outputs", dict)
    setattr(stack, "info", lambda *_: True)
    for line in sys.stdin:
        response: dict[str, Any] = {"error": "", "output": ""}
        carry_out(stack, json.loads(line), response)
        responses.write(json.dumps(response) + "\n")


main()
