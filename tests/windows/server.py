#!/usr/bin/env python3
"""A mail server's HTTPS port on this machine: one certificate chain, one answer. Prints its port, then a line for each
connection with the request's first line.   usage: server.py CHAIN.pem KEY.pem"""
import socket
import ssl
import sys

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
            connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nServer: Kerio Connect 9.4.0\r\nContent-Length: 0\r\n\r\n")
            print("asked:", request.replace("\r\n", " | "), flush=True)
    except OSError as error:
        print("broken:", error, flush=True)
