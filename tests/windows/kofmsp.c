/* A DLL with the exports of a MAPI message store and transport provider, for the loader proof. Does nothing. */
#include <windows.h>

__declspec(dllexport) long MSProviderInit(void) { return 0x80040102; }
__declspec(dllexport) long XPProviderInit(void) { return 0x80040102; }
__declspec(dllexport) long ServiceEntry(void) { return 0x80040102; }

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module; (void)reason; (void)reserved;
    return TRUE;
}
