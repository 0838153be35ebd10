//! The root of a Windows system disk, on any OS: real hives, real files; what a disk cannot say is refused as unsupported.
