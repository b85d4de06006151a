namespace DmIo.Io;

/// <summary>
/// What a write leaves of its regions' ends, in bytes, since its data begins or ends inside a sector: the first
/// <paramref name="HeadBytes"/> bytes of a region and the last <paramref name="TailBytes"/> keep what the device has.
/// The device reads them and writes them back with the data, while nobody else may write there: so writers of
/// neighbouring bytes lose nothing of each other, whoever they are.
/// </summary>
/// <param name="HeadBytes">Not negative.</param>
/// <param name="TailBytes">Not negative. Together they leave at least one byte of each region.</param>
/// <remarks>Best shorter than the device's block, or whole blocks are claimed that are not written.</remarks>
public readonly record struct WriteEdges(int HeadBytes, int TailBytes)
{
    /// <summary>The data is whole sectors.</summary>
    public bool IsNone => HeadBytes == 0 && TailBytes == 0;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => (long)HeadBytes + TailBytes;
}
