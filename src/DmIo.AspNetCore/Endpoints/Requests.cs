using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Volumes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DmIo.AspNetCore.Endpoints;

/// <summary>Runs the handler of a request, and answers its errors with problem details.</summary>
internal static class Requests
{
    private const int MaxBodyBytes = 64 << 10;

    private const string JsonType = "application/json";

    /// <summary>An endpoint of the service.</summary>
    /// <param name="handle">Writes the answer. Its token is canceled when the client disconnects or the application
    /// stops.</param>
    internal static RequestDelegate For(Func<HttpContext, DmIoService, CancellationToken, Task> handle) =>
        async context =>
        {
            var stopping = StoppingOf(context);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            try
            {
                await handle(context, ServiceOf(context), end.Token);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // The client has disconnected.
            }
            catch (Exception fault) when (StatusOf(fault, stopping) is not null && !context.Response.HasStarted)
            {
                await TypedResults.Problem(MessageOf(fault, stopping), statusCode: StatusOf(fault, stopping))
                    .ExecuteAsync(context);
            }
        };

    /// <summary>The text of an error that is not a bug; null: a bug.</summary>
    internal static string? MessageOf(Exception fault, CancellationToken stopping) =>
        StatusOf(fault, stopping) is null ? null
        : fault is OperationCanceledException ? "The service is stopping."
        : fault.Message;

    /// <summary>Canceled when the application stops.</summary>
    internal static CancellationToken StoppingOf(HttpContext context) =>
        context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;

    /// <summary>Writes a document.</summary>
    internal static Task WriteAsync<T>(
        HttpContext context, T document, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(document, type);
    }

    /// <summary>Reads the body of an operation. Its media type is required: browsers send it to other sites only with
    /// their consent.</summary>
    /// <exception cref="RequestException">The body is no JSON of this type, or too long.</exception>
    internal static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, CancellationToken end)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType, $"The body has another type than {JsonType}; send JSON.");
        }

        var body = new byte[MaxBodyBytes + 1];
        try
        {
            var length = await context.Request.Body.ReadAtLeastAsync(
                body, body.Length, throwOnEndOfStream: false, end);
            return length > MaxBodyBytes
                ? throw new RequestException(
                    StatusCodes.Status413PayloadTooLarge, $"The body has more than {MaxBodyBytes} bytes.")
                : JsonSerializer.Deserialize(body.AsSpan(0, length), type)
                    ?? throw new RequestException(StatusCodes.Status400BadRequest, "The body is null; send an object.");
        }
        catch (JsonException fault)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, $"The body is invalid: {fault.Message}");
        }
    }

    private static DmIoService ServiceOf(HttpContext context) =>
        context.RequestServices.GetService<ActorSystem>() is not { } system
            ? throw new RequestException(
                StatusCodes.Status503ServiceUnavailable, "The application has no actor system; AddAkka adds it.")
            : system.TryGetExtension<DmIoService>(out var service)
                ? service
                : throw new RequestException(
                    StatusCodes.Status503ServiceUnavailable,
                    "The dm-io service has not started; WithDmIo starts it.");

    private static int? StatusOf(Exception fault, CancellationToken stopping) => fault switch
    {
        RequestException request => request.Status,
        BadHttpRequestException request => request.StatusCode,
        VolumeException => StatusCodes.Status409Conflict,
        DeviceOpenException => StatusCodes.Status422UnprocessableEntity,
        IoRefusedException { Cause: IoRefusal.Stopped } => StatusCodes.Status503ServiceUnavailable,
        IoRefusedException => StatusCodes.Status409Conflict,
        OperationCanceledException when stopping.IsCancellationRequested => StatusCodes.Status503ServiceUnavailable,
        _ => null,
    };
}

/// <summary>A request that gets an error status.</summary>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    internal int Status => status;
}
