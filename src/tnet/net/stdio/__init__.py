"""Standard input as a push producer, standard output as a consumer; nothing that others share is changed.

The open file descriptions behind 0, 1 and 2 belong to the shell and to every process on the terminal as well.
Setting O_NONBLOCK there (as `twisted.internet.stdio` does) breaks our own stderr and outlives us, so it is never set:

- a pipe, FIFO or terminal is opened anew through /proc/self/fd: a description of our own, of the same pipe;
- a socket is used with MSG_DONTWAIT;
- the rest (files, devices, and whatever cannot be opened anew) is read and written in a worker thread.

Source: twisted#3442; open(2) and fifo(7) for what opening a pipe anew means.
"""

from tnet.net.stdio.sink import StandardOutput, standard_output
from tnet.net.stdio.source import StandardInput, WaitsFor, standard_input

__all__ = ["StandardInput", "StandardOutput", "WaitsFor", "standard_input", "standard_output"]
