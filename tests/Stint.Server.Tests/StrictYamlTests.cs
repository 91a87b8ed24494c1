using System.Net;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Api;
using Stint.Server.Configuration;
using Stint.Server.Hosting;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

/// <summary>Whatever is wrong with a file of limits: it is refused whole with file, line and value, and what held before holds on.</summary>
public sealed class StrictYamlTests
{
    private const string Good = "tiers:\n  - name: student\n    user: { cpus: 8, memory: 16G, jobs: 3 }\ndefault_tier: student\n";

    /// <summary>What is wrong, the file (Latin-1 here, bytes there), the line (0: of the whole file), what the sentence must hold.</summary>
    public static readonly TheoryData<string, string, int, string> Kinds = new()
    {
        { "unknown key", "tiers:\n  - name: a\n    colour: red\n", 3, "unknown key 'colour'" },
        { "unknown key of a job", "tiers:\n  - name: a\n    job: { disks: 3 }\n", 3, "unknown key 'disks'" },
        { "unknown key at the top", "tiers: []\ntires: []\n", 2, "'tires'" },
        { "key that is not for limits", "tiers: []\nkill_wait: fast\n", 2, "kill_wait" },
        { "duplicate key", "tiers:\n  - name: a\n    users: [x]\n    users: [y]\n", 4, "users" },
        { "duplicate list", "tiers: []\ndefault_tier: a\ntiers: []\n", 3, "tiers" },
        { "the same limit under two names", "tiers:\n  - name: a\n    user: { mig_instances: 2 }\n    max_mig_instances: 3\n", 4, "max_mig_instances" },
        { "tab", "tiers:\n\t- name: a\n", 2, "\\t- name: a" },
        { "anchor bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntiers: *c\n", 1, "&a" },
        { "alias", "tiers:\n  - name: a\n    users: *all\n", 3, "*all" },
        { "tag", "tiers:\n  - name: !!python/object:os.system a\n", 2, "python" },
        { "merge key", "tiers:\n  - name: a\n    <<: { users: [x] }\n", 3, "<<" },
        { "wrong type: a list", "tiers:\n  - name: a\n    user: [cpus, 8]\n", 3, "mapping" },
        { "wrong type: a word", "tiers:\n  - name: a\n    user: { cpus: many }\n", 3, "'many'" },
        { "wrong type: a mapping", "tiers: { name: a }\n", 1, "list" },
        { "fraction", "tiers:\n  - name: a\n    user: { cpus: 1.5 }\n", 3, "'1.5'" },
        { "negative", "tiers:\n  - name: a\n    user: { cpus: -1 }\n", 3, "'-1'" },
        { "negative size", "tiers:\n  - name: a\n    user: { memory: -4G }\n", 3, "'-4G'" },
        { "zero", "tiers:\n  - name: a\n    user: { jobs: 0 }\n", 3, "'0'" },
        { "memory of nothing", "tiers:\n  - name: a\n    user: { memory: 0 }\n", 3, "'0'" },
        { "huge number", "tiers:\n  - name: a\n    user: { cpus: 99999999999999999999 }\n", 3, "'99999999999999999999'" },
        { "huge size", "tiers:\n  - name: a\n    user: { memory: 99999999999T }\n", 3, "'99999999999T'" },
        { "power of ten", "tiers:\n  - name: a\n    user: { memory: 1e30 }\n", 3, "'1e30'" },
        { "not a number", "tiers:\n  - name: a\n    user: { cpus: NaN }\n", 3, "'NaN'" },
        { "one job more than all", "tiers:\n  - name: a\n    job: { cpus: 9 }\n    user: { cpus: 8 }\n", 2, "(9) are more than the user's (8)" },
        { "unit wrong", "tiers:\n  - name: a\n    user: { memory: 4GiB }\n", 3, "'4GiB'" },
        { "unit missing", "tiers:\n  - name: a\n    user: { memory: 4096 }\n", 3, "'4096'" },
        { "share without %", "tiers:\n  - { name: a, user: { memory: 4G }, memory_soft: 90 }\n", 2, "'90'" },
        { "share of more than all", "tiers:\n  - { name: a, user: { memory: 4G }, memory_soft: 120% }\n", 2, "'120%'" },
        { "share of nothing", "tiers:\n  - { name: a, memory_soft: 90% }\n", 2, "90%" },
        { "empty document", "", 1, "nothing in it" },
        { "a document of comments", "# tiers: []\n", 1, "nothing in it" },
        { "several documents", "tiers: []\n---\ntiers: []\n", 2, "one YAML document" },
        { "invalid UTF-8", "tiers:\n  - name: a\n    contact: caf\u00e9\n", 3, "UTF-8" },
        { "NUL", "tiers:\n  - name: a\u0000b\n", 2, "name" },
        { "cut off", "tiers:\n  - { name: a, users: [x\n", 0, "" },
        { "nested deep", "tiers: " + new string('[', 50_000), 1, "nested deeper" },
        { "a scalar", "student\n", 1, "mapping" },
        { "two tiers with one name", "tiers:\n  - name: a\n  - name: a\n", 3, "'a' is there twice" },
        { "no name", "tiers:\n  - user: { cpus: 8 }\n", 2, "needs a name" },
        { "hostile name", "tiers:\n  - name: ../../etc\n", 2, "'../../etc'" },
        { "user in two tiers", "tiers:\n  - { name: a, users: [x] }\n  - { name: b, users: [x] }\n", 3, "user 'x' is in tiers 'a' and 'b'" },
        { "unknown default tier", "tiers:\n  - name: a\ndefault_tier: gold\n", 3, "no tier 'gold'" },
        { "unknown Unix group", "tiers:\n  - name: a\n    groups: [stint-t-nobody-has-it]\n", 3, "'stint-t-nobody-has-it'" },
        { "unknown word", "tiers:\n  - { name: a, on_limit: beg }\n", 2, "'beg'" },
        { "override without a tier", "tiers:\n  - name: a\ntier_overrides:\n  - { name: x }\n", 4, "needs a name" },
        { "override of an unknown tier", "tiers:\n  - name: a\ntier_overrides:\n  - { name: x, tier: b }\n", 4, "no tier 'b'" },
        { "two overrides of one user", "tiers:\n  - name: a\ntier_overrides:\n  - { name: x, tier: a }\n  - { name: x, tier: a }\n", 5, "'x' has two overrides" },
        { "override against a list", "tiers:\n  - { name: a, users: [x] }\n  - name: b\ntier_overrides:\n  - { name: x, tier: b }\n", 5, "user 'x' is in tiers 'a' and 'b'" },
        { "override with groups", "tiers:\n  - name: a\ntier_overrides:\n  - { name: x, tier: a, groups: [root] }\n", 4, "'groups'" },
    };

    private static byte[] Bytes(string latin) => Encoding.Latin1.GetBytes(latin);

    [Theory, MemberData(nameof(Kinds))]
    public void The_reader_refuses_with_file_line_and_value(string kind, string yaml, int line, string says)
    {
        var (config, error) = ConfigFile.Parse(Bytes(yaml), "/etc/limits.yaml", onlyTiers: true);
        Assert.True(config is null, kind);
        Assert.StartsWith($"/etc/limits.yaml:{(line > 0 ? $"{line}: " : "")}", error, StringComparison.Ordinal);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error!);
    }

    [Fact]
    public async Task A_running_server_refuses_each_of_them_from_a_file_and_from_its_own_and_nothing_changes()
    {
        await using var server = await TestServer.StartAsync(yaml: Good);
        var before = await server.StateHashAsync();
        var own = Path.Combine(server.Home, "stint.yaml");
        foreach (var row in Kinds)
        {
            var (kind, yaml, line, says) = ((string)row[0], (string)row[1], (int)row[2], (string)row[3]);
            var refusal = await ApplyRefusedAsync(server, kind, new LimitsApplyRequest { Yaml = Bytes(yaml), File = "/root/new.yaml" });
            Assert.StartsWith($"/root/new.yaml:{(line > 0 ? $"{line}: " : "")}", refusal.Sentence, StringComparison.Ordinal);
            Assert.Contains(says, refusal.Sentence, StringComparison.Ordinal);
            if (kind.StartsWith("key that is not", StringComparison.Ordinal)) continue;

            // The same as stint.yaml, read again without a file (scontrol reconfigure).
            await File.WriteAllBytesAsync(own, Bytes(yaml));
            refusal = await ApplyRefusedAsync(server, kind, new LimitsApplyRequest());
            Assert.StartsWith($"{own}:{(line > 0 ? $"{line}: " : "")}", refusal.Sentence, StringComparison.Ordinal);
        }
        File.Delete(own);
        Directory.CreateDirectory(own);
        Assert.StartsWith($"{own}: ", (await ApplyRefusedAsync(server, "a folder", new LimitsApplyRequest())).Sentence, StringComparison.Ordinal);
        Directory.Delete(own);
        Assert.Equal(before, await server.StateHashAsync());
        Assert.False(File.Exists(Path.Combine(server.Home, "limits.yaml")));
        Assert.Equal("student", (await server.GetAsync("/api/v1/limits", ApiJson.Default.LimitsView)).Tier);
    }

    [Fact]
    public async Task A_server_does_not_start_on_a_mistake_and_says_where_it_is()
    {
        var home = TestServer.NewHome();
        await File.WriteAllTextAsync(Path.Combine(home, "limits.yaml"), "tiers:\n  - name: a\n    colour: red\n");
        var error = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(home, Good));
        Assert.Contains("limits.yaml:3: unknown key 'colour'", error.Message, StringComparison.Ordinal);
        Directory.Delete(home, recursive: true);
    }

    private static async Task<RefusalView> ApplyRefusedAsync(TestServer server, string kind, LimitsApplyRequest request)
    {
        var (status, text) = await server.PostAsync("/api/v1/limits/apply", JsonSerializer.Serialize(request, ApiJson.Default.LimitsApplyRequest));
        Assert.True(status == HttpStatusCode.BadRequest, $"{kind}: {text}");
        return JsonSerializer.Deserialize(text, ApiJson.Default.RefusalView)!;
    }
}
