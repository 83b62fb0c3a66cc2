"""The playground: one page on this machine, on which rules are written and patients tried. Optional, as are starlette and uvicorn."""
