namespace DmIo.Volumes;

/// <summary>A volume cannot be created, opened or changed. The message names the leg or value, the fault and, if there
/// is one, the fix.</summary>
public sealed class VolumeException : Exception
{
    internal VolumeException(string message)
        : base(message)
    {
    }

    /// <summary>An operator stopped the volume.</summary>
    public bool IsStopped { get; internal init; }

    /// <summary>True: legs were changed before the fault. False: nothing was written.</summary>
    public bool IsPartial { get; internal init; }
}
