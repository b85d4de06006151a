using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Batches of requests of every kind, with simple replies. The requests of a batch do not depend on each
/// other, so each has the same reply in any order.</summary>
internal static class RequestBatches
{
    private const int Batches = 4;
    private const int RequestsOfBatch = 16;

    internal static async Task AskAsync(RawClient raw, RequestOracle oracle, Random random)
    {
        var done = new List<RequestHeader>();
        using var client = new PipelinedClient(raw, (request, error, data) =>
        {
            Assert.True(oracle.Allowed(request).Contains(error), $"{request} was answered with {error}.");
            if (error == NbdError.None)
            {
                var wrong = oracle.FirstWrong(request, data);
                Assert.True(wrong < 0, $"{request}: byte {wrong} is wrong.");
                done.Add(request);
            }
        });
        for (var count = 0; count < Batches; count++)
        {
            var payloads = new Dictionary<ulong, byte[]>();
            var batch = NewBatch(oracle, random);
            await client.ExchangeAsync(
                async () =>
                {
                    foreach (var request in batch)
                    {
                        var payload = new byte[request.PayloadBytes];
                        random.NextBytes(payload);
                        payloads[await client.SendAsync(request, payload)] = payload;
                    }
                },
                batch.Count);
            done.ForEach(request => oracle.Done(request, payloads[request.Cookie]));
            done.Clear();
        }
    }

    private static List<RequestHeader> NewBatch(RequestOracle oracle, Random random)
    {
        var batch = new List<RequestHeader>();
        for (var count = 0; count < RequestsOfBatch; count++)
        {
            var request = oracle.Next(random);
            if (!batch.Exists(other => Conflict(request, other)))
            {
                batch.Add(request);
            }
        }

        return batch;
    }

    private static bool Conflict(RequestHeader one, RequestHeader other) =>
        (Changes(one) || Changes(other))
        && (UInt128)one.Offset < (UInt128)other.Offset + other.LengthBytes
        && (UInt128)other.Offset < (UInt128)one.Offset + one.LengthBytes;

    private static bool Changes(RequestHeader request) =>
        request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;
}
