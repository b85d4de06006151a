using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DmIo.Actors.Telemetry;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Exit;

namespace DmIo.Cli.Http;

/// <summary>A client of the status endpoint of a running service: on a unix socket, or at an URL.</summary>
internal sealed class NodeClient : IDisposable
{
    private const string Versioned = "dmio/v1/";

    /// <summary>Enough for thousands of devices and leases.</summary>
    private const int MaxAnswerBytes = 32 << 20;

    private readonly string endpoint;
    private readonly HttpClient client;

    /// <param name="endpoint">The path of a unix socket, or an URL such as http://127.0.0.1:8080.</param>
    /// <exception cref="RefusedException">There is no such socket, or the URL is invalid.</exception>
    internal NodeClient(string endpoint)
    {
        this.endpoint = endpoint;
        var isUrl = endpoint.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || endpoint.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!isUrl && !Path.Exists(endpoint))
        {
            throw new RefusedException(
                $"there is no socket '{endpoint}'; give the path in --monitor of dmio serve or bench, or in "
                + "dmio.http.socket.");
        }

        if (!Uri.TryCreate(isUrl ? $"{endpoint.TrimEnd('/')}/" : "http://localhost/", UriKind.Absolute, out var root))
        {
            throw new RefusedException($"'{endpoint}' is not a valid URL; write http://ADDRESS:PORT.");
        }

        // No limit of time: an operation may take hours, and Ctrl-C ends it.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (!isUrl)
        {
            handler.ConnectCallback = (_, end) => ConnectAsync(endpoint, end);
        }

        client = new HttpClient(handler)
        {
            BaseAddress = new Uri(root, Versioned),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Dispose() => client.Dispose();

    /// <summary>The current statistics; null: the service has ended.</summary>
    /// <exception cref="RefusedException">The first request failed, or the answer is not that of a service.</exception>
    internal async Task<ServiceStatistics?> GetStatisticsAsync(bool mayHaveEnded, CancellationToken end)
    {
        try
        {
            using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "statistics"), end);
            return ServiceStatistics.Parse(await ReadAsync(answer, end));
        }
        catch (Exception fault) when (mayHaveEnded && HasEnded(fault.InnerException ?? fault))
        {
            return null;
        }
        catch (Exception fault) when (fault is JsonException or HttpRequestException)
        {
            throw NotAService(fault.Message, fault);
        }
    }

    /// <summary>Gets a document.</summary>
    /// <exception cref="RefusedException">The service refused the request, or is none.</exception>
    internal async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken end)
    {
        using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), end);
        try
        {
            return JsonSerializer.Deserialize(await ReadAsync(answer, end), type)
                ?? throw NotAService("it answered null.");
        }
        catch (Exception fault) when (fault is JsonException or HttpRequestException)
        {
            throw NotAService(fault.Message, fault);
        }
    }

    /// <summary>Runs an operation on a volume.</summary>
    /// <param name="volume">The name of the volume.</param>
    /// <param name="operation">The last part of the path.</param>
    /// <param name="body">The request.</param>
    /// <param name="type">The type of the request.</param>
    /// <param name="progress">Gets each report of progress.</param>
    /// <param name="end">Ends the operation.</param>
    /// <returns>The last line.</returns>
    /// <exception cref="RefusedException">The service refused the operation.</exception>
    /// <exception cref="TransferFailedException">The operation failed, or the service ended.</exception>
    internal async Task<OperationLine> RunAsync<T>(
        string volume,
        string operation,
        T body,
        JsonTypeInfo<T> type,
        Action<OperationProgress> progress,
        CancellationToken end)
    {
        using var answer = await SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"volumes/{Uri.EscapeDataString(volume)}/{operation}")
            {
                Content = JsonContent.Create(body, type),
            },
            end);
        try
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(end));
            while (await reader.ReadLineAsync(end) is { } text)
            {
                var line = JsonSerializer.Deserialize(text, EndpointJson.Default.OperationLine)
                    ?? throw NotAService("it answered null.");
                if (line.Problem is { } problem)
                {
                    throw new TransferFailedException(problem, new InvalidOperationException(problem));
                }

                if (line.Progress is null)
                {
                    return line;
                }

                progress(line.Progress);
            }

            throw new IOException("the connection was closed.");
        }
        catch (JsonException fault)
        {
            throw NotAService(fault.Message, fault);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new TransferFailedException(
                $"the service at '{endpoint}' has ended before the operation: {fault.Message}", fault);
        }
    }

    /// <summary>The refusal of an invalid answer.</summary>
    internal RefusedException NotAService(string reason, Exception? fault = null) =>
        new($"the process at '{endpoint}' is not a dmio service: {reason}", fault);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken end)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end);
        }
        catch (HttpRequestException fault)
        {
            throw fault.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                ? new RefusedException(
                    $"no process listens on '{endpoint}': the service has ended, or the file is not a socket.", fault)
                : fault.HttpRequestError is HttpRequestError.ConnectionError
                    or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                    ? new RefusedException($"cannot connect to '{endpoint}': {fault.Message}", fault)
                    : NotAService(fault.Message, fault);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await ProblemOf(answer, end) is { } detail
                ? new RefusedException(
                    detail, new HttpRequestException(detail, inner: null, statusCode: answer.StatusCode))
                : NotAService($"it answered with status {(int)answer.StatusCode}.");
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken end)
    {
        await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, end);
        return await answer.Content.ReadAsByteArrayAsync(end);
    }

    private static bool HasEnded(Exception fault) => fault is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded,
    }
    or HttpRequestException { StatusCode: HttpStatusCode.ServiceUnavailable };

    /// <summary>The detail of problem details (RFC 9457); null: the answer has none.</summary>
    private static async Task<string?> ProblemOf(HttpResponseMessage answer, CancellationToken end)
    {
        try
        {
            using var problem = JsonDocument.Parse(await ReadAsync(answer, end));
            return problem.RootElement.ValueKind == JsonValueKind.Object
                && problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (Exception fault) when (fault is JsonException or HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken end)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), end);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
