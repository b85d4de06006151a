namespace DmIo.Nbd.Server.Exports;

/// <summary>What connections have done, added up.</summary>
internal readonly record struct Traffic(long Requests, long Errors, long ReadBytes, long WrittenBytes)
{
    internal Traffic Plus(NbdConnectionStatus connection) => new(
        Requests + connection.Requests,
        Errors + connection.Errors,
        ReadBytes + connection.ReadBytes,
        WrittenBytes + connection.WrittenBytes);
}
