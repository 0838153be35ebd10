#!/usr/bin/env python3
"""A mail server's HTTPS port on this machine: one certificate chain, one answer, a clock that is ten minutes behind. Prints
its port, then a line for each connection with the request's first line.   usage: server.py CHAIN.pem KEY.pem"""
import email.utils
import socket
import ssl
import sys
import time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print(f"port {listener.getsockname()[1]}", flush=True)
while True:
    plain, _ = listener.accept()
    plain.settimeout(10)
    try:
        with context.wrap_socket(plain, server_side=True) as connection:
            request = connection.recv(4096).decode("latin1")
            date = email.utils.formatdate(time.time() - 600, usegmt=True).encode()
            lines = [b"HTTP/1.1 503 Service Unavailable", b"Server: Kerio Connect 9.4.0", b"Date: " + date, b"Content-Length: 0"]
            connection.sendall(b"\r\n".join([*lines, b"", b""]))
            print("asked:", request.replace("\r\n", " | "), flush=True)
    except OSError as error:
        print("broken:", error, flush=True)
