/* Presses keys in the collector's window and tells what is on it, as a person with a keyboard and a program that reads
   the screen aloud would. Each argument is one step; a step that cannot be done says so and ends with 1.
     start=COMMAND      starts a program as Explorer does: with a console of its own, nothing inherited
     open=SECONDS       waits for the window
     text=WORDS|SECS    waits until WORDS stand in a control
     key=NAME           presses tab, enter, esc, space, up, down, home, end, page, or alt+LETTER
     focus=NUMBER       waits until the control with this number has the keys
     dump               prints number, class, state and text of every control
     clip               prints the text in the clipboard
     size               prints the dots per inch and the size of the window's inside
     gone=SECONDS       waits until the window is gone
     there=CLASS|SECS   waits until a window of this class is on the screen */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static HWND window(void) { return FindWindowW(L"koff-collect", NULL); }

static void text_of(HWND control, WCHAR *text, int most) {
    text[0] = 0;
    SendMessageTimeoutW(control, WM_GETTEXT, most, (LPARAM)text, SMTO_ABORTIFHUNG, 2000, NULL);
}

static void print(const WCHAR *text) {
    char narrow[8192];
    int i, n = WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof narrow, NULL, NULL);
    for (i = 0; i < n - 1; i++) putchar(narrow[i] == '\r' || narrow[i] == '\n' ? ' ' : narrow[i]);
}

static HWND focused(void) {
    GUITHREADINFO info = {sizeof info};
    GetGUIThreadInfo(GetWindowThreadProcessId(window(), NULL), &info);
    return info.hwndFocus;
}

static BOOL CALLBACK dump(HWND control, LPARAM unused) {
    static WCHAR text[2048];
    WCHAR class[64];
    GetClassNameW(control, class, 64);
    if (GetParent(control) != window()) return TRUE;
    text_of(control, text, 2048);
    printf("%d ", GetDlgCtrlID(control));
    print(class);
    printf("%s%s%s ", IsWindowEnabled(control) ? "" : " disabled", control == focused() ? " focus" : "",
           GetWindowLongW(control, GWL_STYLE) & WS_TABSTOP ? " tab" : "");
    print(text);
    printf("\n");
    return TRUE;
}

static const WCHAR *wanted;
static int found;
static BOOL CALLBACK look(HWND control, LPARAM unused) {
    static WCHAR text[1 << 18];
    text_of(control, text, 1 << 18);
    if (wcsstr(text, wanted)) found = 1;
    return !found;
}

static void tap(WORD key, BOOL up) {
    INPUT input = {INPUT_KEYBOARD};
    input.ki.wVk = key;
    input.ki.dwFlags = up ? KEYEVENTF_KEYUP : 0;
    SendInput(1, &input, sizeof input);
}

static int press(const WCHAR *name) {
    static const struct { const WCHAR *name; WORD key; } keys[] = {
        {L"tab", VK_TAB}, {L"enter", VK_RETURN}, {L"esc", VK_ESCAPE}, {L"space", VK_SPACE}, {L"up", VK_UP},
        {L"down", VK_DOWN}, {L"home", VK_HOME}, {L"end", VK_END}, {L"page", VK_NEXT}};
    size_t i;
    SetForegroundWindow(window());
    if (!wcsncmp(name, L"alt+", 4)) {
        WORD key = (WORD)towupper(name[4]);
        tap(VK_MENU, FALSE), tap(key, FALSE), tap(key, TRUE), tap(VK_MENU, TRUE);
        return 1;
    }
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!wcscmp(name, keys[i].name)) {
            tap(keys[i].key, FALSE), tap(keys[i].key, TRUE);
            return 1;
        }
    return 0;
}

static int start(WCHAR *command) {
    STARTUPINFOW info = {sizeof info};
    PROCESS_INFORMATION process;
    return CreateProcessW(NULL, command, NULL, NULL, FALSE, CREATE_NEW_CONSOLE, NULL, NULL, &info, &process);
}

static void clip(void) {
    HANDLE data;
    if (!OpenClipboard(NULL)) return;
    data = GetClipboardData(CF_UNICODETEXT);
    if (data) print(GlobalLock(data)), printf("\n");
    CloseClipboard();
}

static int step(WCHAR *word) {
    WCHAR *value = wcschr(word, L'='), *bar;
    int tries, seconds = 20;
    if (value) *value++ = 0;
    if (!wcscmp(word, L"start")) return start(value);
    if (!wcscmp(word, L"key")) { Sleep(200); return press(value); }
    if (!wcscmp(word, L"dump")) { EnumChildWindows(window(), dump, 0); return 1; }
    if (!wcscmp(word, L"clip")) { clip(); return 1; }
    if (!wcscmp(word, L"size")) {
        RECT area;
        GetClientRect(window(), &area);
        printf("%u dpi, %ld x %ld\n", GetDpiForWindow(window()), area.right, area.bottom);
        return 1;
    }
    if (!wcscmp(word, L"open") || !wcscmp(word, L"gone")) seconds = _wtoi(value);
    if ((!wcscmp(word, L"text") || !wcscmp(word, L"there")) && (bar = wcschr(value, L'|'))) *bar = 0, seconds = _wtoi(bar + 1);
    for (tries = 0; tries < seconds * 10; tries++) {
        if (!wcscmp(word, L"open") && window() && IsWindowVisible(window())) return 1;
        if (!wcscmp(word, L"gone") && !window()) return 1;
        if (!wcscmp(word, L"there") && FindWindowW(value, NULL) && IsWindowVisible(FindWindowW(value, NULL))) return 1;
        if (!wcscmp(word, L"focus") && window() && GetDlgCtrlID(focused()) == _wtoi(value)) return 1;
        if (!wcscmp(word, L"text") && window()) {
            wanted = value, found = 0;
            EnumChildWindows(window(), look, 0);
            if (found) return 1;
        }
        Sleep(100);
    }
    return 0;
}

int wmain(int count, WCHAR **words) {
    int i;
    for (i = 1; i < count; i++) {
        WCHAR *shown = _wcsdup(words[i]);
        if (!step(words[i])) {
            printf("could not: ");
            print(shown);
            printf("\n");
            EnumChildWindows(window(), dump, 0);
            return 1;
        }
        fflush(stdout);
    }
    return 0;
}
