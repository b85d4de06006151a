using Akka.Actor;
using DmIo.Actors;
using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>One of an <see cref="IoClient"/>.</summary>
internal sealed class ClientLease(long number, int pages, SimulatedProcess process) : SimulatedLease(number, pages)
{
    private readonly List<(SimulatedRequest Request, Task<IoResult> Outcome)> tasks = [];
    private readonly CancellationTokenSource giveUp = new();
    private ClientOpening? opening;
    private IoClient? client;
    private Task closing = Task.CompletedTask;

    internal override IActorRef? Requests => client?.Requests;

    internal void Get(bool wait, int weight)
    {
        opening = new ClientOpening(Pages, wait, weight, giveUp.Token);
        process.Spawn(opening, $"client-{Number}");
    }

    internal override void Send(SimulatedRequest request, Random random)
    {
        var message = request.Message;
        request.IsToldOnTurn = random.Next(2) == 0;
        if (request.IsToldOnTurn)
        {
            var isSent = client!.TrySend(message with { Completion = new Completion(request) });
            if (!isSent)
            {
                process.Oracle.NotBegun(request);
            }

            return;
        }

        var options = new RequestOptions
        {
            ForceUnitAccess = message.ForceUnitAccess,
            Priority = message.Priority,
            Deadline = message.Deadline,
            Context = message.Context,
        };
        try
        {
            tasks.Add((request, client!.RequestAsync(message.Operation, message.Regions, message.Memory, options)));
        }
        catch (IoRefusedException refused)
        {
            Refuse(request, refused);
        }
        catch (ObjectDisposedException)
        {
            process.Oracle.NotBegun(request);
        }
    }

    internal override void Put() => closing = client!.DisposeAsync().AsTask();

    internal override void Poll()
    {
        if (client is null && !HasEnded && opening!.Task.IsCompleted)
        {
            Open();
        }

        for (var index = tasks.Count - 1; index >= 0; index--)
        {
            var (request, outcome) = tasks[index];
            if (outcome.IsCompleted)
            {
                tasks.RemoveAt(index);
                if (outcome.IsCompletedSuccessfully)
                {
                    request.Done(outcome.Result);
                }
                else
                {
                    Refuse(request, outcome.Exception!.InnerException!);
                }
            }
        }

        if (IsEnding && !HasEnded && client is not null && closing.IsCompleted)
        {
            HasEnded = true;
            process.Oracle.Note($"{this} is closed");
            process.Oracle.Require(Outstanding.Count == 0, $"{this} ended before its requests");
        }
    }

    private void Open()
    {
        if (!opening!.Task.IsCompletedSuccessfully)
        {
            HasEnded = true;
            process.Oracle.Note($"{this} is refused");
            return;
        }

        client = opening.Task.Result;
        IsOpen = !IsEnding;
        process.Oracle.Note($"{this} has its {Pages} pages");
    }

    /// <summary>An exception says why in words alone.</summary>
    private static void Refuse(SimulatedRequest request, Exception refused) =>
        request.Refused(request.IsBad ? IoRefusal.BreaksRule : IoRefusal.Ended, refused.Message);

    private sealed class Completion(SimulatedRequest request) : IoCompletion
    {
        protected override void OnDone(IoResult result) => request.Done(result);

        protected override void OnRefused(IoRefusal cause, string reason) => request.Refused(cause, reason);
    }
}
