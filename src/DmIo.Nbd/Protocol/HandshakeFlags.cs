namespace DmIo.Nbd.Protocol;

/// <summary>What the server says in its greeting; the client answers with the same bits, in 32.</summary>
[Flags]
internal enum HandshakeFlags : ushort
{
    None = 0,
    FixedNewstyle = 1,
    NoZeroes = 2,
}
