#!/usr/bin/env python3
"""Runs a notebook (.dib) without an editor and prints what its cells show; fails where a cell fails.

Usage: run.py notebook.dib [dotnet-interactive]. The tool: dotnet tool install Microsoft.dotnet-interactive --tool-path FOLDER.
"""
import json
import os
import re
import subprocess
import sys

SHOWN = {"ReturnValueProduced", "DisplayedValueProduced", "StandardOutputValueProduced", "StandardErrorValueProduced", "ErrorProduced"}


def cells(path):
    """The C# cells, in their order."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^#!(\w+)\s*$", file.read(), flags=re.M)
    return [code.strip() for kind, code in zip(parts[1::2], parts[2::2]) if kind == "csharp"]


def finished(output, token):
    """Reads events up to the end of a command, and shows what it produced; whether it succeeded."""
    for line in output:
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue
        kind = event.get("eventType")
        if kind in SHOWN:
            values = [value["value"] for value in event["event"].get("formattedValues", [])] or [event["event"].get("message", "")]
            print("\n".join(value[:400] for value in values), flush=True)
        if kind in ("CommandSucceeded", "CommandFailed") and (event.get("command") or {}).get("token") == token:
            if kind == "CommandFailed":
                print(event["event"].get("message", ""), file=sys.stderr)
            return kind == "CommandSucceeded"
    return False


def main(notebook, tool="dotnet-interactive"):
    environment = dict(os.environ, DOTNET_ROLL_FORWARD="Major", DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT="1")
    kernel = subprocess.Popen(
        [tool, "stdio", "--default-kernel", "csharp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        cwd=os.path.dirname(os.path.abspath(notebook)))
    try:
        for number, code in enumerate(cells(notebook)):
            print(f"--- cell {number + 1}", flush=True)
            command = {"commandType": "SubmitCode", "command": {"code": code, "targetKernelName": "csharp"}, "token": f"cell{number}"}
            kernel.stdin.write(json.dumps(command) + "\n")
            kernel.stdin.flush()
            if not finished(kernel.stdout, command["token"]):
                return f"Cell {number + 1} failed."
    finally:
        kernel.kill()
    return 0


sys.exit(main(*sys.argv[1:]))
