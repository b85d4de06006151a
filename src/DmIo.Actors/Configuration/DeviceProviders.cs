using System.Collections.Concurrent;
using Akka.Configuration;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Configuration;

/// <summary>The providers of <c>dmio.device-providers</c>, by scheme; each is created at its first use.
/// Thread-safe.</summary>
internal sealed class DeviceProviders(IReadOnlyDictionary<string, string> typeNames)
{
    private const string Separator = "://";

    private readonly ConcurrentDictionary<string, IDeviceProvider> providers = new(StringComparer.Ordinal);

    /// <summary>True if the text is a URI: a scheme, followed by <c>://</c>.</summary>
    internal static bool IsUri(string text) => SchemeOf(text) is not null;

    /// <summary>Opens a device within the timeout.</summary>
    /// <exception cref="DeviceOpenException">The device cannot be opened, or not within the timeout.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    internal async Task<IBlockDevice> OpenAsync(
        DeviceOpening opening, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var provider = Find(opening.Uri);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        giveUp.CancelAfter(timeout);
        var opened = Task.Run(() => provider.OpenAsync(opening, giveUp.Token), CancellationToken.None);
        try
        {
            return await opened.WaitAsync(giveUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            _ = CloseLateAsync(opened);
            cancellationToken.ThrowIfCancellationRequested();
            throw new DeviceOpenException(
                opening.Uri,
                $"it did not open within {timeout}. Check the server, or raise dmio.device-defaults.open-timeout.");
        }
        catch (Exception exception) when (exception is not (DeviceOpenException or OperationCanceledException))
        {
            throw new DeviceOpenException(opening.Uri, exception.Message, Errno.Of(exception), exception);
        }
    }

    private static string? SchemeOf(string text)
    {
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        return end > 0 && char.IsAsciiLetter(text[0])
            && text[..end].All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '.' or '-')
            ? text[..end].ToLowerInvariant()
            : null;
    }

    /// <summary>Closes a device that opened after the timeout or the cancellation.</summary>
    private static async Task CloseLateAsync(Task<IBlockDevice> opened)
    {
        try
        {
            var device = await opened.ConfigureAwait(false);
            await device.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The caller already has the error of the timeout or the cancellation.
        }
    }

    private IDeviceProvider Find(string uri)
    {
        if (SchemeOf(uri) is not { } scheme)
        {
            throw new DeviceOpenException(uri, "it is not a URI; write scheme://..., as in nbd://host/name.");
        }

        if (!typeNames.TryGetValue(scheme, out var typeName))
        {
            throw new DeviceOpenException(
                uri,
                $"no provider of '{scheme}' is configured under dmio.device-providers, which has: "
                + $"{string.Join(", ", typeNames.Keys.Order(StringComparer.Ordinal))}.");
        }

        return providers.GetOrAdd(typeName, name => Make(uri, scheme, name));
    }

    private static IDeviceProvider Make(string uri, string scheme, string typeName)
    {
        var assembly = typeName[(typeName.IndexOf(',', StringComparison.Ordinal) + 1)..].Trim();
        try
        {
            return Type.GetType(typeName, throwOnError: true) is { } type
                && Activator.CreateInstance(type) is IDeviceProvider provider
                ? provider
                : throw new DeviceOpenException(
                    uri, $"the provider of '{scheme}', {typeName}, does not implement {nameof(IDeviceProvider)}.");
        }
        catch (Exception exception) when (exception is not DeviceOpenException)
        {
            throw new DeviceOpenException(
                uri,
                $"the provider of '{scheme}', {typeName}, cannot be created ({exception.Message}); add the package "
                + $"{assembly} to the application.",
                innerException: exception);
        }
    }
}

/// <summary>
/// Opens devices by URI, for the schemes that <c>dmio.device-providers</c> maps to it. An implementation has a public
/// parameterless constructor; one instance may open several devices concurrently.
/// </summary>
public interface IDeviceProvider
{
    /// <summary>Opens a device. Must not block the caller: the returned task does the waiting.</summary>
    /// <exception cref="DeviceOpenException">The device cannot be opened; the message names the cause and the fix. Any
    /// other exception is converted to this one.</exception>
    Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken);
}

/// <summary>The device that an <see cref="IDeviceProvider"/> opens.</summary>
public sealed record DeviceOpening
{
    /// <summary>The URI as written in the configuration or the call.</summary>
    public required string Uri { get; init; }

    /// <summary>The device receives no writes. The service makes a writable device read-only in any case.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The limit of operations in flight; null: not specified.</summary>
    public QueueDepth? QueueDepth { get; init; }

    /// <summary>
    /// The whole block of a configured device under <c>dmio.devices</c>. The provider reads and validates the nested
    /// blocks that the service does not know. Empty for a device that is not configured.
    /// </summary>
    public Config Settings { get; init; } = Config.Empty;
}
