namespace DmIo.Nbd.Protocol;

/// <summary>The errors that the protocol knows: Linux's numbers, whatever system either side runs on.</summary>
internal enum NbdError : uint
{
    None = 0,
    NotPermitted = 1,
    InputOutput = 5,
    NoMemory = 12,
    Invalid = 22,
    NoSpace = 28,
    Overflow = 75,
    NotSupported = 95,
    Shutdown = 108,
}
