using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Crashes;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>
/// The replayer compared with <see cref="ReplayModel"/> over random histories of a small device: concurrent writes with
/// and without FUA, zeroes, discards and flushes that complete in any order, successfully, short or never.
/// </summary>
public sealed class ReplayModelTests
{
    private const int Blocks = 4;
    private const int MaxBlocksOfWrite = 3;
    private const int MaxImages = 200;

    [Fact]
    public void The_crashes_at_a_point_are_exactly_those_of_the_model() => ForAllHistories((model, replayer) =>
    {
        for (var point = 0; point <= model.Length; point++)
        {
            if (model.CountAt(point) <= MaxImages)
            {
                Assert.Equal(
                    model.ImagesAt(point).Order(StringComparer.Ordinal),
                    replayer.CrashesAt(point).Select(ImageOf).Distinct().Order(StringComparer.Ordinal));
            }
        }
    });

    [Fact]
    public void All_crashes_with_their_marks_are_those_of_all_points() => ForAllHistories((model, replayer) =>
    {
        var points = Enumerable.Range(0, model.Length + 1);
        if (points.All(point => model.CountAt(point) <= MaxImages))
        {
            var expected = points.SelectMany(
                point => model.ImagesAt(point).Select(image => $"{image} {model.MarksAt(point)}"));
            var actual = replayer.AllCrashes().Select(crash => $"{ImageOf(crash)} {string.Join(',', crash.Marks)}");
            Assert.Equal(
                expected.Distinct().Order(StringComparer.Ordinal), actual.Distinct().Order(StringComparer.Ordinal));
        }
    });

    [Fact]
    public void A_random_crash_is_one_of_the_model() => ForAllHistories((model, replayer) =>
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var crash = replayer.RandomCrash(new Random(seed));
            if (model.CountAt(crash.Point) <= MaxImages)
            {
                Assert.Contains(ImageOf(crash), model.ImagesAt(crash.Point));
            }
        }
    });

    private static void ForAllHistories(Action<ReplayModel, WriteLogReplayer> check) =>
        Prop.ForAll(ArbMap.Default.ArbFor<(byte Kind, byte Where, byte How)[]>(), steps =>
        {
            var log = new WriteLog();
            var manual = new ManualDevice(Blocks);
            var history = new History(log, manual);
            foreach (var (kind, where, how) in steps)
            {
                history.Step(kind, where, how);
            }

            check(history.Model, new WriteLogReplayer(log));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(40));

    /// <summary>The image as the model formats it: a letter per half of a block.</summary>
    private static string ImageOf(Crash crash)
    {
        var bytes = new byte[Blocks * Sector.SizeBytes];
        var read = crash.Open().ReadAsync(0, Bytes.Batch(bytes));
        Invariant.Require(read.IsCompletedSuccessfully);
        return string.Concat(bytes.Chunk(Sector.SizeBytes / 2).Select(half =>
        {
            Assert.Equal(half[0], half[^1]);
            return ReplayModel.LetterOf(half[0]);
        }));
    }

    /// <summary>Applies each step to the device and to the model.</summary>
    private sealed class History(WriteLog log, ManualDevice manual)
    {
        private readonly WriteLogDevice disk = log.Record("disk", manual);
        private readonly List<Task> calls = [];

        internal ReplayModel Model { get; } = new(Blocks);

        internal void Step(int kind, int where, int how)
        {
            switch (kind % 8)
            {
                case 0:
                    Model.Mark($"{how}");
                    log.Mark($"{how}");
                    break;
                case 1 or 2:
                    Issue(IoOperation.Flush, 0, 0, durable: false);
                    break;
                case 3 or 4:
                    IssueWrite(where, how);
                    break;
                case 5 or 6 when Model.InFlight.Count > 0:
                    End(where % Model.InFlight.Count, how);
                    break;
                case 7:
                    while (Model.InFlight.Count > 0)
                    {
                        End(0, how: 1);
                    }

                    break;
            }
        }

        private void IssueWrite(int where, int how)
        {
            var start = where % Blocks;
            var count = Math.Min(1 + (where / Blocks % MaxBlocksOfWrite), Blocks - start);
            if (Model.InFlight.All(other => start >= other.Start + other.Count || other.Start >= start + count))
            {
                var what = (how % 8) switch
                {
                    0 => IoOperation.Discard,
                    1 => IoOperation.WriteZeroes,
                    _ => IoOperation.Write,
                };
                Issue(what, start, count, durable: what == IoOperation.Write && how % 3 == 0);
            }
        }

        private void Issue(IoOperation what, int start, int count, bool durable)
        {
            Model.Issue(what, start, count, durable);
            var data = Bytes.Batch(Bytes.Filled(count * Sector.SizeBytes, (byte)Model.InFlight[^1].Number));
            calls.Add(what switch
            {
                IoOperation.Flush => disk.FlushAsync().AsTask(),
                IoOperation.Discard => disk.DiscardAsync(start, count).AsTask(),
                IoOperation.WriteZeroes => disk.WriteZeroesAsync(start, count, WriteZeroesFlags.None).AsTask(),
                _ => disk.WriteAsync(start, data, durable).AsTask(),
            });
        }

        private void End(int index, int how)
        {
            var operation = Model.InFlight[index];
            var whole = operation.Count * Sector.SizeBytes;
            var isShort = operation.What == IoOperation.Write && how % 5 == 0;
            var bytes = isShort ? whole - (Sector.SizeBytes / 2) : whole;
            var isOk = how % 7 != 0;
            Model.End(operation, isOk, bytes);
            manual.End(index, isOk ? TransferResult.Moved(bytes) : TransferResult.Failed(IoStatus.DeviceError("so")));
            calls[operation.Number - 1].GetAwaiter().GetResult();
        }
    }
}
