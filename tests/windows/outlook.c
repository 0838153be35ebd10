/* Stands in for Outlook on a test PC: a window of one colour, of a program called OUTLOOK.EXE. */
#include <windows.h>

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wide, LPARAM long_) {
    if (message == WM_PAINT || message == WM_PRINTCLIENT || message == WM_ERASEBKGND) {
        PAINTSTRUCT paint;
        RECT area;
        HBRUSH brush = CreateSolidBrush(RGB(200, 30, 90));
        HDC context = message == WM_PAINT ? BeginPaint(window, &paint) : (HDC)wide;
        GetClientRect(window, &area);
        FillRect(context, &area, brush);
        DeleteObject(brush);
        if (message == WM_PAINT) EndPaint(window, &paint);
        return 1;
    }
    return DefWindowProcA(window, message, wide, long_);
}

int WINAPI WinMain(HINSTANCE module, HINSTANCE before, LPSTR line, int show) {
    WNDCLASSA class = {0};
    MSG message;
    class.lpfnWndProc = procedure;
    class.hInstance = module;
    class.lpszClassName = "rctrl_renwnd32";
    RegisterClassA(&class);
    CreateWindowA("rctrl_renwnd32", "Inbox", WS_POPUP | WS_VISIBLE, 1500, 1100, 320, 240, NULL, NULL, module, NULL);
    while (GetMessageA(&message, NULL, 0, 0) > 0) DispatchMessageA(&message);
    return 0;
}
