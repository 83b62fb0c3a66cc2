"""The service: an optional extra (`pip install codesafety[service]`), starlette on uvicorn. It calls the engine and nothing deeper."""
