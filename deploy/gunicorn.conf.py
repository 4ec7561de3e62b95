"""How gunicorn serves the site, on a server and for `make run`. What differs comes from the environment.

PORT                  the port on 127.0.0.1 (8000); `--bind` on the command line overrules it
WEB_CONCURRENCY       worker processes (2); each keeps its own caches
GUNICORN_THREADS      threads in each worker (4)
GUNICORN_TIMEOUT      seconds after which a worker that hangs is replaced (60)
GUNICORN_LOG_LEVEL    debug, info, warning, error or critical (info)
GUNICORN_ACCESS_LOG   set to 1 for a line per request on standard output
"""

import logging
import os
import sys

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = int(os.environ.get("GUNICORN_THREADS") or 4)
timeout = int(os.environ.get("GUNICORN_TIMEOUT") or 60)
graceful_timeout = 30
keepalive = 5

# Each worker opens its own database connections: nothing is loaded before the fork.
preload_app = False
# A worker is replaced now and then, the workers not all at once.
max_requests = 5000
max_requests_jitter = 500

# Heartbeats go to memory where there is such a folder; on a slow disk they could be late and end a healthy worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108
control_socket_disable = True

errorlog = "-"
accesslog = "-" if os.environ.get("GUNICORN_ACCESS_LOG") == "1" else None
loglevel = os.environ.get("GUNICORN_LOG_LEVEL") or "info"


def post_worker_init(worker) -> None:
    """Print $GUNICORN_READY_MESSAGE once, when the first worker has loaded the site and is about to serve."""
    # Django leaves it to the server to drop the body of an answer to HEAD; gunicorn warns of each that it drops.
    logging.getLogger("gunicorn.http.wsgi").setLevel(logging.ERROR)
    message = os.environ.get("GUNICORN_READY_MESSAGE")
    if message and worker.age == 1:
        print(message, file=sys.stdout, flush=True)
