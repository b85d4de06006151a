namespace DmIo.Volumes.Actors;

/// <summary>An input of the writer of a volume, which is taken on its turn.</summary>
internal interface IVolumeInput
{
    /// <summary>Gives the input to the writer.</summary>
    void Take(VolumeDevice device);
}

/// <summary>An input that is a delegate.</summary>
internal sealed class VolumeInput(Action<VolumeDevice> take) : IVolumeInput
{
    /// <inheritdoc/>
    public void Take(VolumeDevice device) => take(device);
}
