namespace DmIo.Actors.Configuration;

/// <summary>What happens if a configured device cannot be opened or attached at the start: the values of
/// <c>on-missing</c>.</summary>
public enum MissingDevicePolicy
{
    /// <summary>The start fails.</summary>
    Fail,

    /// <summary>The service starts without the device.</summary>
    Skip,

    /// <summary>The service starts without the device, and opens it in the background until that succeeds.</summary>
    Retry,
}
