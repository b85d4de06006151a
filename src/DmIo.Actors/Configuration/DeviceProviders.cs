using System.Collections.Concurrent;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Configuration;

/// <summary>The providers of <c>dmio.device-providers</c>, by scheme; each is made when it is first needed. Any
/// thread.</summary>
internal sealed class DeviceProviders(IReadOnlyDictionary<string, string> typeNames)
{
    private const string Separator = "://";

    private readonly ConcurrentDictionary<string, IDeviceProvider> providers = new(StringComparer.Ordinal);

    /// <summary>Is it a URI: a scheme, and <c>://</c>?</summary>
    internal static bool IsUri(string text) => SchemeOf(text) is not null;

    /// <summary>Opens a device within that time.</summary>
    /// <exception cref="DeviceOpenException">It can't be opened, or not in time.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
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
                opening.Uri, $"it did not open within {timeout}; is it there? See dmio.device-defaults.open-timeout.");
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

    /// <summary>Nobody waits for it any more.</summary>
    private static async Task CloseLateAsync(Task<IBlockDevice> opened)
    {
        try
        {
            var device = await opened.ConfigureAwait(false);
            await device.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It was given up, and that was said; what became of it meanwhile changes nothing.
        }
    }

    private IDeviceProvider Find(string uri)
    {
        if (SchemeOf(uri) is not { } scheme)
        {
            throw new DeviceOpenException(uri, "it is no URI; write scheme://..., as in nbd://host/name.");
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
                    uri, $"the provider of '{scheme}', {typeName}, is no {nameof(IDeviceProvider)}.");
        }
        catch (Exception exception) when (exception is not DeviceOpenException)
        {
            throw new DeviceOpenException(
                uri,
                $"the provider of '{scheme}', {typeName}, can't be made ({exception.Message}); add the package "
                + $"{assembly} to the application.",
                innerException: exception);
        }
    }
}
