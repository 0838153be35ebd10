/* Keeps the file named by --keep to itself, loads the DLL named last on its command line, holds a TCP connection to itself over loopback, says its port on
   standard output, keeps a processor busy, and ends after two minutes at the latest. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    WSADATA data;
    struct sockaddr_in address = {0};
    int length = sizeof address;
    SOCKET listener, client, server;
    DWORD begin = GetTickCount();
    char byte;
    int place;

    for (place = 1; place + 1 < count; place++)
        if (!strcmp(arguments[place], "--keep")
            && CreateFileA(arguments[place + 1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)
                   == INVALID_HANDLE_VALUE) {
            printf("cannot keep %s\n", arguments[place + 1]);
            return 6;
        }
    if (!LoadLibraryA(arguments[count - 1])) { printf("cannot load %s\n", arguments[count - 1]); return 1; }
    WSAStartup(MAKEWORD(2, 2), &data);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) return 2;
    getsockname(listener, (struct sockaddr *)&address, &length);
    client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address)) return 3;
    server = accept(listener, NULL, NULL);
    if (server == INVALID_SOCKET) return 4;
    /* Wine finds the owner of a socket only once it has sent something. */
    if (send(client, "x", 1, 0) != 1 || recv(server, &byte, 1, 0) != 1) return 5;
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (GetTickCount() - begin < 120000) {
        DWORD slice = GetTickCount();
        while (GetTickCount() - slice < 30) { }
        Sleep(70);
    }
    return 0;
}
