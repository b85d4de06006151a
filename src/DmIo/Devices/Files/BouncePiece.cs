namespace DmIo.Devices.Files;

/// <summary>A part of a transfer: the caller's own memory, or (where that is empty) a run of blocks that goes through
/// the bounce memory.</summary>
/// <param name="Direct">Aligned, whole blocks.</param>
/// <param name="BounceOffset">Where in the transfer's bounce memory the run begins.</param>
/// <param name="LengthBytes">Of either.</param>
internal readonly record struct BouncePiece(Memory<byte> Direct, int BounceOffset, int LengthBytes)
{
    internal bool IsBounced => Direct.IsEmpty;
}
