#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CRIU's Python module dumps and restores through criu-ns: the line with
use_binary is all that is ours.

    checkpoint.py dump PID DIR
    checkpoint.py restore DIR       prints the PID of the restored process
"""
import os
import shutil
import sys

import pycriu

criu = pycriu.criu()
criu.use_binary(shutil.which("criu-ns"))
criu.opts.images_dir_fd = os.open(sys.argv[-1], os.O_DIRECTORY)
criu.opts.log_level = 4
criu.opts.log_file = sys.argv[1] + ".log"
if sys.argv[1] == "dump":
    criu.opts.pid = int(sys.argv[2])
    criu.dump()
else:
    print(criu.restore().pid)
