#!/bin/sh
# Runs iba as an engine's task, in the image of deploy/Dockerfile: passes SIGTERM on, so that the row under way ends and its shard is given back, and
# says that all went well where some rows could not be explained (exit code 2): they are rows of the result, and to try again changes nothing.
iba "$@" &
worker=$!
trap 'kill -TERM "$worker" 2> /dev/null' TERM INT
wait "$worker"
code=$?
# A signal ends the first wait; the worker still finishes its row.
if kill -0 "$worker" 2> /dev/null; then
  wait "$worker"
  code=$?
fi

[ "$code" -ne 2 ] || code=0
exit "$code"
