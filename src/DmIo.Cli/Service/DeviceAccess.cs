using DmIo.Io;

namespace DmIo.Cli;

/// <summary>How a command wants its files opened.</summary>
/// <param name="IsReadOnly">It does not write.</param>
/// <param name="CreateSize">Missing files are made with this size; null: they are an error.</param>
/// <param name="MayFallBack">What may not be written to is opened for reading.</param>
internal sealed record DeviceAccess(bool IsReadOnly, SectorCount? CreateSize = null, bool MayFallBack = false)
{
    internal static DeviceAccess Reading { get; } = new(IsReadOnly: true);

    internal static DeviceAccess AsPossible { get; } = new(IsReadOnly: false, MayFallBack: true);

    /// <summary>For a command that writes.</summary>
    /// <exception cref="RefusedException">The size is no number of whole sectors, or none.</exception>
    internal static DeviceAccess Writing(ByteSize? createSize = null)
    {
        if (createSize is { } size && (size.Value <= 0 || size.Value % Sector.SizeBytes != 0))
        {
            throw new RefusedException(
                $"--create {size} is {size.Value} bytes; a device has whole sectors of {Sector.SizeBytes}.");
        }

        return new DeviceAccess(IsReadOnly: false, createSize?.Value / Sector.SizeBytes);
    }
}
